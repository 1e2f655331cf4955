#include "CWebAssets.h"

static const uint8_t acqd_css[] = {
#embed "www/acqd.css"
};

static const cweb_asset assets[] = {
    {"/assets/acqd.css", acqd_css, sizeof acqd_css},
};

const cweb_asset *cweb_asset_at(size_t index) {
  return index < sizeof assets / sizeof assets[0] ? &assets[index] : NULL;
}

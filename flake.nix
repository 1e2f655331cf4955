{
  description = "acqd: replicates MCAP recordings from the car to the cloud, indexes and exports them";

  # Swift 6.3 is newer than the stable releases of nixpkgs.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      forEachSystem =
        make:
        builtins.listToAttrs (
          map (system: {
            name = system;
            value = make nixpkgs.legacyPackages.${system};
          }) systems
        );

      # What the build links. libmongoc is not among them: nixpkgs has its version 2, acqd is built against 1
      # (as Debian has it), so that the package here is built without the trait MongoDB.
      libraries = pkgs: [
        pkgs.libsodium
        pkgs.openssl
        pkgs.zstd
        pkgs.lz4
        pkgs.zlib
        pkgs.libdeflate
        pkgs.sqlite
        pkgs.libmicrohttpd
        pkgs.curl
        pkgs.libyaml
      ];
      toolchain = pkgs: [
        pkgs.swift
        pkgs.swiftPackages.swiftpm
        pkgs.pkg-config
      ];

      acqd =
        pkgs:
        pkgs.stdenv.mkDerivation {
          pname = "acqd";
          version = "0.1.0";
          src = self;
          nativeBuildInputs = toolchain pkgs;
          buildInputs = libraries pkgs;
          dontConfigure = true;
          buildPhase = ''
            runHook preBuild
            export HOME=$TMPDIR
            swift build -c release --product acqd --disable-default-traits --disable-sandbox
            runHook postBuild
          '';
          installPhase = ''
            runHook preInstall
            install -Dm755 .build/release/acqd $out/bin/acqd
            install -Dm644 -t $out/share/acqd config/*.yaml
            install -Dm644 -t $out/share/acqd/systemd config/systemd/*
            runHook postInstall
          '';
          meta = {
            description = "Replicates MCAP recordings from the car to the cloud, indexes and exports them";
            mainProgram = "acqd";
            platforms = systems;
          };
        };
    in
    {
      packages = forEachSystem (pkgs: {
        default = acqd pkgs;
      });

      devShells = forEachSystem (pkgs: {
        default = pkgs.mkShell {
          packages =
            toolchain pkgs
            ++ libraries pkgs
            ++ [
              pkgs.shellcheck
              pkgs.python3
              pkgs.octave
              pkgs.chromium
              pkgs.strace
              pkgs.rsync
              pkgs.openssh
            ];
        };
      });
    };
}

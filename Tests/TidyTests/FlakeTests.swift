import Foundation
import TestSupport
import Testing

/// flake.nix is evaluated with a stand-in for nixpkgs: that finds syntax errors, misspelt attributes and outputs of
/// the wrong kind. Nothing is built.
@Suite("Tidy: flake") struct FlakeTests {
  /// Every attribute that our flake may use, and nothing else, so that a typing error has no value.
  private static let nixpkgs = """
    {
      outputs = { self }: {
        legacyPackages = builtins.listToAttrs (map (system: {
          name = system;
          value = let
            package = name: derivation { inherit name system; builder = "/bin/sh"; };
            names = [ "libsodium" "openssl" "zstd" "lz4" "zlib" "libdeflate" "sqlite" "libmicrohttpd" "curl"
              "libyaml" "swift" "pkg-config" "shellcheck" "python3" "octave" "chromium" "strace" "rsync" "openssh" ];
            make = arguments: derivation {
              name = "${arguments.pname}-${arguments.version}";
              inherit system;
              builder = "/bin/sh";
              inherit (arguments) src buildInputs nativeBuildInputs buildPhase installPhase;
            } // { inherit (arguments) meta; };
          in builtins.listToAttrs (map (name: { inherit name; value = package name; }) names) // {
            swiftPackages.swiftpm = package "swiftpm";
            stdenv.mkDerivation = make;
            mkShell = arguments: derivation {
              name = "shell"; inherit system; builder = "/bin/sh"; inherit (arguments) packages;
            };
          };
        }) [ "x86_64-linux" "aarch64-linux" ]);
      };
    }
    """

  /// Evaluates a copy of the flake in a directory of its own, with `change` made to its text.
  private static func check(_ change: (String) -> String = { $0 }) throws -> ProcessResult {
    let directory = try TemporaryDirectory()
    let flake = directory.path + "/flake"
    let stub = directory.path + "/nixpkgs"
    for path in [flake, stub, directory.path + "/home"] {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }
    let text = try String(contentsOfFile: Repository.path("flake.nix"), encoding: .utf8)
    try change(text).write(toFile: flake + "/flake.nix", atomically: true, encoding: .utf8)
    try nixpkgs.write(toFile: stub + "/flake.nix", atomically: true, encoding: .utf8)
    var environment = ProcessInfo.processInfo.environment
    environment["HOME"] = directory.path + "/home"
    environment["NIX_CONFIG"] = "experimental-features = nix-command flakes\nsandbox = false"
    return try TestProcess.run(
      try Tools.require("nix"),
      [
        "flake", "check", "path:" + flake, "--no-build", "--offline", "--override-input", "nixpkgs",
        "path:" + stub, "--no-write-lock-file", "--store", directory.path + "/store",
      ], environment: environment)
  }

  @Test("every output evaluates", .needsTool("nix"))
  func evaluates() throws {
    let result = try Self.check()
    #expect(result.status == 0, "\(result.errorText)")
  }

  @Test("a misspelt package does not evaluate, so the check means something", .needsTool("nix"))
  func misspelt() throws {
    let result = try Self.check { $0.replacing("pkgs.libsodium", with: "pkgs.libsoduim") }
    #expect(result.status != 0)
    #expect(result.errorText.contains("libsoduim"))
  }
}

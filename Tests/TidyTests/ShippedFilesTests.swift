import Foundation
import TestSupport
import Testing

@Suite("Tidy: shipped files") struct ShippedFilesTests {
  @Test("shell scripts are clean", .needsTool("shellcheck"))
  func shellcheck() throws {
    let scripts = try TestProcess.run(Repository.path("config/dev"), ["scripts"]).text.split(separator: "\n")
    #expect(scripts.contains("config/dev") && scripts.contains(".ci/run"))
    let paths = scripts.map { Repository.path(String($0)) }
    let result = try TestProcess.run(try Tools.require("shellcheck"), paths)
    #expect(result.status == 0, "\(result.text)")
  }

  @Test("packages from PyPI are pinned")
  func requirements() throws {
    let text = try String(contentsOfFile: Repository.path("Tests/requirements.txt"), encoding: .utf8)
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      #expect(line.contains("=="), "\(line)")
    }
  }

  @Test("every explained skip has a reason")
  func skips() throws {
    let text = try String(contentsOfFile: Repository.path("Tests/skips.txt"), encoding: .utf8)
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      #expect(line.split(separator: " ").count > 3, "\(line)")
    }
  }

  @Test("systemd understands every unit", .needsTool("systemd-analyze"))
  func units() throws {
    let directory = try TemporaryDirectory()
    let folder = Repository.path("config/systemd")
    let units = try FileManager.default.contentsOfDirectory(atPath: folder).filter {
      $0.hasSuffix(".service")
    }
    #expect(units.sorted() == ["acqd-base.service", "acqd-car.service", "acqd-cloud.service"])
    for unit in units {
      // verify looks for the program; only that path is changed.
      let text = try String(contentsOfFile: folder + "/" + unit, encoding: .utf8)
        .replacing("/usr/bin/acqd", with: "/bin/true")
      let path = directory.path + "/" + unit
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      let result = try TestProcess.run(try Tools.require("systemd-analyze"), ["verify", path])
      // Unknown keys are only warnings: any word is a failure.
      #expect(result.status == 0 && result.text.isEmpty && result.errorText.isEmpty, "\(result.errorText)")
    }
  }

  @Test("the README's tested blocks are there")
  func readme() throws {
    let text = try String(contentsOfFile: Repository.path("README.md"), encoding: .utf8)
    let names = MarkedBlock.all(in: text).map(\.name)
    #expect(Set(names).count == names.count, "names are used once")
    for name in ["demo", "test", "car", "base", "cloud", "trust"] {
      #expect(names.contains(name), "no block test=\(name)")
    }
  }

  @Test("marked blocks are cut out as they stand")
  func markedBlocks() {
    let text = "a\n```console test=one\n$ x\ny\n```\n```console\n$ z\n```\n"
    #expect(MarkedBlock.all(in: text) == [MarkedBlock(name: "one", lines: ["$ x", "y"])])
    #expect(MarkedBlock.all(in: text).first?.commands == ["x"])
  }
}

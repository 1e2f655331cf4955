import TestSupport
import Testing

@Suite("Protocol reference") struct ReferenceTests {
  @Test("the committed vectors are what the reference gives", .needsTool("python3")) func vectors() throws {
    // The reference needs the standard library only, so any Python will do.
    let python = try Tools.require("python3")
    let script = Repository.path("Protocol/reference/acqd_reference.py")
    let result = try TestProcess.run(python, ["-B", script, "--check"], seconds: 120)
    #expect(result.status == 0, "\(result.errorText)")
  }
}

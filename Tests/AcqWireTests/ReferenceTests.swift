import TestSupport
import Testing

@Suite("Protocol reference") struct ReferenceTests {
  @Test("the committed vectors are what the reference gives") func vectors() throws {
    try PythonTools.run("Protocol/reference/acqd_reference.py", ["--check"])
  }
}

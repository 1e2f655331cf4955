import AcqCore
import AcqDaemon
import AcqHTTP
import Testing

@Suite("Configuration: what is wrong with a file") struct ConfigurationErrorTests {
  private func problems(_ text: String, role: Role = .car) -> String {
    ConfigurationTests.problems(text, role: role)
  }

  @Test("an unknown key is an error with its line and the nearest key")
  func unknownKey() {
    #expect(
      problems("name: a\nlisten: 7000\nhtpp:\n  listen: 1\n")
        == "f.yaml:3:1: unknown key `htpp`; did you mean `http`?")
    #expect(
      problems("http:\n  trusted_proxy: []\n")
        == "f.yaml:2:3: unknown key `trusted_proxy` in `http`; did you mean `trusted_proxies`?")
    #expect(problems("zzzzzz: 1\n").hasPrefix("f.yaml:1:1: unknown key `zzzzzz`; there are: state, name"))
    #expect(problems("min-free: 2 GiB\n").contains("did you mean `min_free`?"))
  }

  @Test("all errors are listed, in the file's order")
  func everyError() {
    let text = """
      name: "a b"
      listen: nowhere at all
      http:
        public: yes
      min_free: 2
      colour: red
      """
    let lines = problems(text).split(separator: "\n")
    #expect(lines.map { $0.prefix(9) } == ["f.yaml:1:", "f.yaml:2:", "f.yaml:4:", "f.yaml:5:", "f.yaml:6:"])
    #expect(lines[3].hasSuffix("`2` is not a size; write a number and a unit, such as `2 GiB` or `500 MB`"))
  }

  @Test("a key that stands twice is an error that names both lines")
  func duplicate() {
    #expect(problems("name: a\nname: b\n") == "f.yaml:2:1: `name` stands here twice; first in line 1")
    #expect(problems("http: {listen: 1, listen: 2}\n").contains(":1:19: `listen` stands here twice"))
  }

  @Test("anchors, aliases, tags, second documents and other shapes are refused with their place")
  func otherYAML() {
    #expect(problems("name: &a x\n").contains(":1:7: anchors"))
    #expect(problems("name: *a\n").contains(":1:7: aliases"))
    #expect(problems("name: !!str x\n").contains(":1:7: tags"))
    #expect(problems("http: &h {public: true}\n").contains(":1:7: anchors"))
    #expect(problems("team: !set [a]\n").contains(":1:7: tags"))
    #expect(problems("name: a\n---\nname: b\n").contains("a second document"))
    #expect(problems("- a\n- b\n").contains(":1:1: a configuration file holds keys"))
    #expect(problems("just words\n").contains(":1:1: a configuration file holds keys"))
    #expect(problems("? [a]\n: b\n").contains("a key must be a word"))
    #expect(problems("http: [1]\n").contains(":1:7: `http` holds keys with values"))
    #expect(problems("name: [a]\n").contains(":1:7: `name` needs one value, not a list"))
    #expect(problems("name:\n").contains("`name` needs one value, not nothing"))
    #expect(problems("team: {a: b}\n").contains("`team` needs a list"))
  }

  @Test("text that is no YAML is an error with its place")
  func notYAML() {
    #expect(problems("name: \"open\n").hasPrefix("f.yaml:2:1: not YAML: "))
    #expect(problems("http:\n\tlisten: 1\n").hasPrefix("f.yaml:2:1: not YAML: "))
    #expect(problems("a: b: c\n").contains("not YAML"))
    #expect(problems("name: \u{1}\n").contains("not YAML"))
  }

  @Test("nesting and size have limits")
  func limits() {
    func nested(_ depth: Int) -> String {
      "name: " + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(problems(nested(7)).contains("needs one value"))
    #expect(problems(nested(8)).contains("needs one value"))
    #expect(problems(nested(9)).contains("nested more than 8 levels deep"))
    #expect(problems(nested(50_000)).contains("nested more than 8 levels deep"))
    let comment = "# " + String(repeating: "x", count: 256 * 1024 - 3) + "\n"
    #expect(problems(comment) == "nothing")
    #expect(problems(comment + "\n").contains("larger than 256 KiB"))
    let readers = {
      "http: {readers: [" + Array(repeating: "10.0.0.1", count: $0).joined(separator: ", ") + "]}"
    }
    #expect(problems(readers(512)) == "nothing")
    #expect(problems(readers(513)).contains("513 items; at most 512"))
  }

  @Test("every cut of a good file is read or refused, never a trap")
  func truncated() {
    let text = """
      state: /srv/acqd
      http:
        listen: "[::1]:80"
        readers: [10.0.0.0/24, "fc00::/7"]
      recorder: {directory: 'logs'}
      min_free: 500 MB # ü
      """
    let bytes = Array(text.utf8)
    for count in bytes.indices {
      _ = problems(String(decoding: bytes[..<count], as: UTF8.self))
      var changed = bytes
      changed[count] ^= 0x15
      _ = problems(String(decoding: changed, as: UTF8.self))
    }
  }

  @Test("an explicit public address needs `public: true`; private ones and wildcards do not")
  func publicListen() {
    #expect(problems("http:\n  listen: 203.0.113.9:80\n").contains("203.0.113.9 is a public address"))
    #expect(problems("http:\n  listen: 203.0.113.9:80\n  public: true\n") == "nothing")
    #expect(problems("http:\n  listen: \"[2001:db8::1]:80\"\n").contains("is a public address"))
    for address in [
      "127.0.0.1:1", "10.1.2.3:1", "172.31.0.1:1", "100.64.0.1:1", "\"[fd00::1]:1\"", "\"*:1\"",
    ] {
      #expect(problems("http: {listen: \(address)}\n") == "nothing")
    }
    #expect(problems("http: {listen: 172.32.0.1:1}\n").contains("public"))
    #expect(problems("http: {listen: example.org:1}\n").contains("is a name"))
    // Replication proves who connects: any address is allowed.
    #expect(problems("listen: 203.0.113.9:7461\n") == "nothing")
  }

  @Test("keys that a role has no use for are errors that say so")
  func roles() {
    #expect(problems("recorder: {directory: /x}\n", role: .base).contains("`recorder` is for a car"))
    #expect(problems("catalog: sqlite\n").contains("`catalog` is for a base or cloud"))
    #expect(problems("cache_max: 1 GB\n").contains("`cache_max` is for a base or cloud"))
    #expect(problems("retention: {copies: 1}\n", role: .cloud).contains("a cloud frees nothing"))
    #expect(problems("retention: {copies: 0}\n").contains("copies are 1 to 16"))
    #expect(problems("time_zone: Mars/Olympus\n").contains("not a time zone"))
    #expect(problems("log_level: info\n").contains("none of trace, debug, notice, warning, error"))
  }
}

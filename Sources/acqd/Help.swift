/// What `--help` prints.
package enum Help {
  /// One command's.
  package static func text(_ spec: CommandSpec) -> String {
    var usage = "acqd \(spec.name)"
    for option in spec.options where option.isRequired { usage += " --\(option.name) \(option.placeholder)" }
    if spec.options.contains(where: { !$0.isRequired }) { usage += " [OPTION...]" }
    if !spec.operands.isEmpty { usage += " " + spec.operands }
    var parts = ["\(usage)\n\n\(spec.summary)\n"]
    let rows = spec.options.map { option in
      ("--\(option.name)" + (option.placeholder.isEmpty ? "" : " \(option.placeholder)"), option.summary)
    }
    parts.append(table(rows + [("--help", "print this")]))
    if !spec.details.isEmpty { parts.append(spec.details + "\n") }
    return parts.joined(separator: "\n")
  }

  /// The whole program's.
  package static func text(_ specs: [CommandSpec]) -> String {
    """
    acqd COMMAND [OPTION...]

    Brings MCAP recordings from the car to the base station to the cloud, and proves that they arrived.

    \(table(specs.map { ($0.name, $0.summary) }))
    acqd COMMAND --help says more; acqd --version prints the versions of program, protocol and databases.

    """
  }

  private static func table(_ rows: [(String, String)]) -> String {
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { name, summary in
      "  " + name + String(repeating: " ", count: width - name.count + 2) + summary + "\n"
    }.joined()
  }
}

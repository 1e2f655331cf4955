import AcqCore
import AcqCrypto
import AcqDaemon

/// `acqd keygen` and `acqd id`.
enum IdentityCommands {
  static let keygen = Command(
    CommandSpec(
      name: "keygen", summary: "give this machine an identity; prints its card",
      options: [
        OptionSpec(
          "role", .choice(Role.allCases.map(\.name)), "ROLE", "car, base or cloud", isRequired: true),
        OptionSpec("name", .text, "NAME", "what people call it", isRequired: true),
        OptionSpec("state", .text, "DIR", "the state directory"),
        OptionSpec("config", .text, "FILE", "the configuration that says where it is"),
      ],
      details: """
        Give the card (one line) to the other nodes: acqd trust 'acqd1 ...'
        The secrets stay in node.key in the state directory; whoever can read it is this node.
        """)
  ) { arguments, program in
    guard let role = arguments.text("role").flatMap({ Role(name: $0) }), let name = arguments.text("name")
    else { preconditionFailure("required options are there") }
    let options = try StateOptions.find(arguments, program)
    let card = try KeyFile.create(role: role, name: name, state: options.state)
    program.writeError("made \(KeyFile.path(state: options.state)); this is the node's card:\n")
    program.write(card.line + "\n")
    return ExitStatus.success
  }

  static let id = Command(
    CommandSpec(
      name: "id", summary: "print this node's card",
      options: StateOptions.specs + [OptionSpec.flag("long", "id and fingerprint too")])
  ) { arguments, program in
    let options = try StateOptions.find(arguments, program)
    let key = try KeyFile.load(state: options.state)
    let card = KeyFile.card(of: key, name: options.configuration?.name, state: options.state)
    program.write(card.line + "\n")
    if arguments.has("long") {
      program.write("id           \(card.id)\n")
      program.write("fingerprint  \(Fingerprint.text(card.noisePublic))\n")
    }
    return ExitStatus.success
  }
}

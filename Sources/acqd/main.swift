import Glibc

/// Everything that `acqd` does, in the order of its help.
let commands = [
  RoleCommands.car, RoleCommands.base, RoleCommands.cloud, StatusCommand.status, DemoCommand.demo,
  SimulateCommand.simulate, IdentityCommands.keygen, IdentityCommands.id, TrustCommands.trust,
  TrustCommands.untrust,
]
let status = CommandLineRunner.run(
  Array(CommandLine.arguments.dropFirst()), commands: commands, program: .current())
exit(status)

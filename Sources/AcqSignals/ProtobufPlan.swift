/// What to do with each field number of each message type below one topic's root: made once a schema, so that
/// decoding a message looks nothing up by name.
struct ProtobufPlan {
  enum Operation: UInt8 {
    case skip
    case bool, varint32, varint64, zigzag32, zigzag64, fixed32, fixed64
    /// Text, raw bytes, or a message that is kept undecoded because its type contains itself.
    case variable
    case message
    /// A message without fields: that it is there is all it says.
    case mark
  }

  struct Field {
    var operation = Operation.skip
    var isRepeated = false
    /// The column of a value.
    var column = 0
    /// The number of a nested message's type in `messages`.
    var message = 0
    /// The number in `clears` of what this member of a oneof displaces; -1: nothing.
    var clears = -1
  }

  /// Columns below a field: those that a row or an element has one value of, and those that collect elements.
  struct Columns {
    var single: [Int] = []
    var repeated: [Int] = []

    mutating func add(_ other: Columns) {
      single += other.single
      repeated += other.repeated
    }
  }

  struct Message {
    /// Where its fields by number begin in `fields`, and how many numbers stand there.
    var fieldStart = 0
    var fieldCount = 0
    /// Values that are zero, not absent, when the message does not carry them.
    var implicit: [Int] = []
    /// Below a repeated field: values to append when an element ends.
    var pending: [Int] = []
  }

  /// Field numbers above this stand in a dictionary.
  static let denseNumberMax: UInt32 = 255

  private(set) var messages: [Message] = []
  private(set) var fields: [Field] = []
  private(set) var clears: [Columns] = []
  private(set) var sparse: [UInt64: Field] = [:]
  /// The topic's own message.
  let root = 0

  @inline(__always) func field(_ number: UInt32, of message: Int) -> Field {
    if number < messages[message].fieldCount { return fields[messages[message].fieldStart + Int(number)] }
    if sparse.isEmpty { return Field() }
    return sparse[Self.sparseKey(number, message)] ?? Field()
  }

  private static func sparseKey(_ number: UInt32, _ message: Int) -> UInt64 {
    UInt64(message) << 32 | UInt64(number)
  }

  // MARK: Compiling

  /// Plans messages of type `name` and adds a column for each of their values to `table`.
  init(_ name: String, _ descriptors: ProtobufDescriptors, table: inout SignalTable) throws(SignalError) {
    let full = name.hasPrefix(".") ? name : "." + name
    _ = try compile(full, Place(), descriptors, &table)
  }

  /// Where in the tree of messages a type is planned.
  private struct Place {
    var path: [String] = []
    var types: [String] = []
    /// Whether a repeated field is above.
    var isInList = false
  }

  private mutating func compile(
    _ name: String, _ place: Place, _ descriptors: ProtobufDescriptors, _ table: inout SignalTable
  ) throws(SignalError) -> (index: Int, columns: Columns) {
    guard let type = descriptors.messages[name] else {
      throw SignalError(.schema, "its descriptors lack the message type \(name.dropFirst())")
    }
    guard place.types.count < SignalLimits.messageDepthMax else {
      throw SignalError(.limit, "its messages are nested deeper than \(SignalLimits.messageDepthMax)")
    }
    guard messages.count < SignalLimits.signalsPerTopicMax else {
      throw SignalError(.limit, "more than \(SignalLimits.signalsPerTopicMax) messages in one topic's type")
    }
    let index = messages.count
    messages.append(Message())
    var inner = place
    inner.types.append(name)
    var planned: [UInt32: Field] = [:]
    var all = Columns()
    var members: [Int: [(number: UInt32, columns: Columns)]] = [:]
    for field in type.fields where (1...0x1FFF_FFFF).contains(field.number) {
      let (plan, columns) = try compile(field, of: index, type, inner, descriptors, &table)
      planned[field.number] = plan
      all.add(columns)
      if let oneof = field.oneof { members[oneof, default: []].append((field.number, columns)) }
    }
    linkOneofs(members, &planned, isInList: place.isInList)
    store(planned, for: index)
    return (index, all)
  }

  /// Plans one field of message `index`.
  private mutating func compile(
    _ field: ProtobufDescriptors.Field, of index: Int, _ type: ProtobufDescriptors.Message, _ place: Place,
    _ descriptors: ProtobufDescriptors, _ table: inout SignalTable
  ) throws(SignalError) -> (Field, Columns) {
    var plan = Field(isRepeated: field.label == 3)
    var inner = place
    inner.path.append(field.name)
    inner.isInList = place.isInList || plan.isRepeated
    guard let kind = try Kind(field, scope: place.types.last ?? "", descriptors) else {
      table.note("\(inner.path.joined(separator: ".")) is a group; groups are left out")
      return (plan, Columns())
    }
    switch kind {
    case .value(let operation, let signalType, let table0):
      if let table0 { table.add(table0) }
      plan.operation = operation
      return try leaf(&plan, signalType, inner, isImplicit: isImplicit(field, type), index, &table)
    case .message(let name):
      if place.types.contains(name) {
        table.note("\(inner.path.joined(separator: ".")) contains its own type and stays undecoded")
        plan.operation = .variable
        return try leaf(&plan, .bytes, inner, isImplicit: false, index, &table)
      }
      if descriptors.messages[name]?.fields.isEmpty == true {
        plan.operation = .mark
        return try leaf(&plan, .bool, inner, isImplicit: false, index, &table)
      }
      plan.operation = .message
      let (message, columns) = try compile(name, inner, descriptors, &table)
      plan.message = message
      // A map's value is there even when the entry does not carry it.
      if type.isMapEntry { messages[index].implicit += messages[message].implicit }
      guard plan.isRepeated else { return (plan, columns) }
      messages[message].pending = columns.single
      return (plan, Columns(single: [], repeated: columns.single + columns.repeated))
    }
  }

  private mutating func leaf(
    _ plan: inout Field, _ type: SignalType, _ place: Place, isImplicit: Bool, _ index: Int,
    _ table: inout SignalTable
  ) throws(SignalError) -> (Field, Columns) {
    plan.column = try table.column(for: Signal(path: place.path, type: type, isRepeated: place.isInList))
    if plan.isRepeated { return (plan, Columns(single: [], repeated: [plan.column])) }
    if isImplicit { messages[index].implicit.append(plan.column) }
    return (plan, Columns(single: [plan.column], repeated: []))
  }

  private func isImplicit(_ field: ProtobufDescriptors.Field, _ type: ProtobufDescriptors.Message) -> Bool {
    if type.isMapEntry { return true }
    if field.oneof != nil || field.isProto3Optional { return false }
    if let presence = field.presence { return presence == 2 }
    return !type.hasPresence
  }

  /// A member of a oneof displaces the others. No encoder writes two, but messages that were joined may hold
  /// them. Elements that a displaced member added to an enclosing element's lists stay: their owner is not
  /// known any more.
  private mutating func linkOneofs(
    _ members: [Int: [(number: UInt32, columns: Columns)]], _ planned: inout [UInt32: Field], isInList: Bool
  ) {
    for group in members.values where group.count > 1 {
      for member in group {
        var others = Columns()
        for other in group where other.number != member.number { others.add(other.columns) }
        if isInList { others.repeated = [] }
        planned[member.number]?.clears = clears.count
        clears.append(others)
      }
    }
  }

  private mutating func store(_ planned: [UInt32: Field], for index: Int) {
    let numbers = planned.keys.filter { $0 <= Self.denseNumberMax }
    messages[index].fieldStart = fields.count
    messages[index].fieldCount = numbers.max().map { Int($0) + 1 } ?? 0
    fields.append(contentsOf: repeatElement(Field(), count: messages[index].fieldCount))
    for (number, field) in planned {
      if number <= Self.denseNumberMax {
        fields[messages[index].fieldStart + Int(number)] = field
      } else {
        sparse[Self.sparseKey(number, index)] = field
      }
    }
  }
}

extension ProtobufPlan {
  /// What a field's declared type asks for.
  private enum Kind {
    case value(Operation, SignalType, EnumTable?)
    case message(String)

    /// Nil for a group.
    init?(_ field: ProtobufDescriptors.Field, scope: String, _ descriptors: ProtobufDescriptors)
      throws(SignalError)
    {
      switch field.type {
      case 1: self = .value(.fixed64, .double, nil)
      case 2: self = .value(.fixed32, .float, nil)
      case 3: self = .value(.varint64, .int64, nil)
      case 4: self = .value(.varint64, .uint64, nil)
      case 5: self = .value(.varint32, .int32, nil)
      case 6: self = .value(.fixed64, .uint64, nil)
      case 7: self = .value(.fixed32, .uint32, nil)
      case 8: self = .value(.bool, .bool, nil)
      case 9: self = .value(.variable, .string, nil)
      case 10: return nil
      case 12: self = .value(.variable, .bytes, nil)
      case 13: self = .value(.varint32, .uint32, nil)
      case 15: self = .value(.fixed32, .int32, nil)
      case 16: self = .value(.fixed64, .int64, nil)
      case 17: self = .value(.zigzag32, .int32, nil)
      case 18: self = .value(.zigzag64, .int64, nil)
      case 0, 11, 14: try self.init(named: field, scope: scope, descriptors)
      default: throw SignalError(.schema, "field \(field.name) has the unknown type \(field.type)")
      }
    }

    private init(
      named field: ProtobufDescriptors.Field, scope: String, _ descriptors: ProtobufDescriptors
    ) throws(SignalError) {
      switch (descriptors.resolve(field.typeName, in: scope), field.type) {
      case (.message(let name), 0), (.message(let name), 11): self = .message(name)
      case (.enumeration(let table), 0), (.enumeration(let table), 14):
        self = .value(.varint32, .enumeration(table.name), table)
      default:
        throw SignalError(.schema, "its descriptors lack the type \(field.typeName) of field \(field.name)")
      }
    }
  }
}

import AcqSignals

/// A topic's signals as nested structures: what `run.<Topic>.<path>.Data` needs.
struct MATTree {
  /// A structure that holds a signal's arrays, other structures, or both.
  struct Node {
    /// Its name in the file.
    var name: String
    /// The column whose arrays it holds.
    var column: Int?
    var children: [Node] = []
  }

  /// The arrays of a signal, in this order; taken names where a structure also has fields of the recording.
  static let arrayNames = ["Data", "Timestamp", "Count", "Valid"]

  /// The topic itself.
  private(set) var root: Node
  /// Each column's place: names in the file, with dots.
  private(set) var variables: [Int: String] = [:]

  init(name: String, signals: [Signal]) {
    let tree = Branch()
    for (column, signal) in signals.enumerated() {
      tree.descendant(signal.path[...]).columns.append(column)
    }
    var top = Node(name: name)
    root = top
    fill(&top, from: tree, variable: name)
    root = top
  }

  /// Signals by the names of the recording, before names of the file are given.
  private final class Branch {
    var columns: [Int] = []
    private(set) var children: [(name: String, branch: Branch)] = []
    private var indexOfName: [String: Int] = [:]

    func descendant(_ path: ArraySlice<String>) -> Branch {
      guard let name = path.first else { return self }
      if let index = indexOfName[name] { return children[index].branch.descendant(path.dropFirst()) }
      indexOfName[name] = children.count
      children.append((name, Branch()))
      return children[children.count - 1].branch.descendant(path.dropFirst())
    }
  }

  private mutating func fill(_ node: inout Node, from branch: Branch, variable: String) {
    node.column = branch.columns.first
    if let column = node.column { variables[column] = variable }
    var names = MATNames(reserved: node.column == nil ? [] : Set(Self.arrayNames))
    for (original, child) in branch.children {
      var inner = Node(name: names.name(for: original))
      fill(&inner, from: child, variable: "\(variable).\(inner.name)")
      node.children.append(inner)
      // One path with values of several types: each type has a structure of its own beside the first.
      addOthers(of: child, to: &node, original: original, &names, variable: variable)
    }
    if variable == root.name {
      addOthers(of: branch, to: &node, original: "value", &names, variable: variable)
    }
  }

  private mutating func addOthers(
    of branch: Branch, to node: inout Node, original: String, _ names: inout MATNames, variable: String
  ) {
    for column in branch.columns.dropFirst() {
      let name = names.name(for: original)
      variables[column] = "\(variable).\(name)"
      node.children.append(Node(name: name, column: column))
    }
  }
}

/// What the Python processes of a callable may use.
public struct PythonLimits: Sendable {
  /// Path or name of the interpreter.
  public var interpreter: String
  /// Processes that work at the same time.
  public var processes: Int
  /// Address space of each process, in bytes (`RLIMIT_AS`): a function that asks for more gets a `MemoryError`.
  public var memoryBytes: Int
  /// How long the import of the module may take.
  public var startLimit: Duration
  /// How long a batch of up to 1,000 predictions may take.
  public var batchLimit: Duration
  /// How long a prediction may take that is asked about alone, after its batch has failed.
  public var aloneLimit: Duration
  /// Set over the variables of this process.
  public var environment: [String: String]

  public init(
    interpreter: String = "python3", processes: Int = 2, memoryBytes: Int = 2 << 30,
    startLimit: Duration = .seconds(30), batchLimit: Duration = .seconds(10), aloneLimit: Duration = .seconds(3),
    environment: [String: String] = [:]
  ) {
    self.interpreter = interpreter
    self.processes = processes
    self.memoryBytes = memoryBytes
    self.startLimit = startLimit
    self.batchLimit = batchLimit
    self.aloneLimit = aloneLimit
    self.environment = environment
  }
}

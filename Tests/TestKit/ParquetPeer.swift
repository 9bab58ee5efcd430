import ChildProcesses
import Foundation
import Synchronization

/// Other people's readers and writers of Parquet, in Python.
public enum ParquetPeer {
  public struct Failure: Error { var output: [String] }

  /// What a reader finds in a file, by its name: a line for the types of the columns, then one for each row, as JSON.
  /// - Parameter rows: the places of those that are told; all when there is none.
  public static func lines(_ reader: String, _ path: String, rows: [Int] = []) async throws -> [String] {
    try await python(readers, [reader, path] + rows.map(String.init))
  }

  /// The readers that `lines` takes.
  public static let names = ["pyarrow", "pandas", "duckdb", "polars"]

  /// Runs a script and answers what it printed.
  public static func python(_ script: String, _ arguments: [String]) async throws -> [String] {
    let output = Mutex<[String]>([])
    let process = ChildProcess(executable: try ModelPython.executable(), arguments: ["-c", script] + arguments)
    let ending = try await process.run(onLine: { line in output.withLock { $0.append(line) } })
    let lines = output.withLock { $0 }
    guard ending.exitCode == 0 else { throw Failure(output: lines) }
    return lines
  }

  private static let readers = """
    import json, os, sys
    reader, path, *wanted = sys.argv[1:]
    def plain(value):
        if value is None or value != value or type(value).__name__ == "NaTType":
            return None
        if hasattr(value, "timestamp"):
            return round(value.timestamp() * 1_000_000)
        return value.item() if hasattr(value, "item") else value
    if reader == "pyarrow":
        import pyarrow.parquet
        table = pyarrow.parquet.read_table(path, page_checksum_verification=True)
        types = [str(field.type) for field in table.schema]
        rows = [list(row.values()) for row in table.to_pylist()]
    elif reader == "pandas":
        import pandas
        frame = pandas.read_parquet(path)
        types = [str(kind) for kind in frame.dtypes]
        rows = [list(row) for row in frame.astype(object).itertuples(index=False)]
    elif reader == "polars":
        import polars
        frame = polars.read_parquet(path)
        types = [str(kind) for kind in frame.dtypes]
        rows = frame.rows()
    else:
        import duckdb
        connection = duckdb.connect()
        connection.execute("SET TimeZone = 'UTC'")
        answer = connection.execute("SELECT * FROM read_parquet(?)", [path])
        types = [str(column[1]) for column in answer.description]
        rows = [list(row) for row in answer.fetchall()]
    print(json.dumps(types))
    for row in [rows[int(place)] for place in wanted] if wanted else rows:
        print(json.dumps([plain(value) for value in row], ensure_ascii=False))
    sys.stdout.flush()
    # What a reader's own threads do at the end of an interpreter, abort at times, is not what is asked here.
    os._exit(0)
    """
}

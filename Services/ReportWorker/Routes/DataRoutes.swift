import Competition
import Feeds
import Foundation
import Hummingbird
import NIOPosix

// Histories as files: /data/backfill/index and the files themselves.

extension ReportAPI {
  var dataRoutes: [Route] {
    let folder = DataFolder(path: configuration.dataDirectory)
    return [
      .get(
        "/data/backfill/index", "The histories that are stored as Parquet files.",
        answers: .json(.rows("DataFile"), "Files that can be read, by path.")
      ) { _ in
        .list(try await NIOThreadPool.singleton.runIfActive { folder.files() }) { $1.write(into: &$0) }
      },
      .get(
        "/data/backfill/{source}/{subject}/{kind}/{granularity}/{filename}", "A history as a Parquet file.",
        answers: .init(contentType: "application/octet-stream", summary: "The file."),
        missing: "There is no such file.",
        freshness: .momentary
      ) { request in
        let names = ["source", "subject", "kind", "granularity", "filename"].map { request.parameters[$0] ?? "" }
        guard let file = try await NIOThreadPool.singleton.runIfActive({ folder.open(names) }) else {
          throw APIError.notFound("File not found")
        }
        return Self.download(file, name: names.last ?? "")
      },
    ]
  }

  private static func download(_ file: FileDownload, name: String) -> Answer {
    var answer = Answer(.file(file))
    answer.contentType = "application/octet-stream"
    // Quotes would end the name.
    let quoted = name.filter { $0.isASCII && $0 != "\"" }
    answer.headers[.contentDisposition] = "attachment; filename=\"\(quoted)\""
    return answer
  }
}

extension DataFolder.File {
  fileprivate func write(into text: inout JSONText) {
    let names = path.split(separator: "/").map(String.init)
    let name = names.last ?? path
    func folder(_ index: Int) -> JSON { names.count == 5 ? .string(names[index]) : .null }
    text.object { row in
      row.member("path", .string(path))
      row.member("records", JSON(rows))
      row.member("record_count", JSON(rows))
      row.member("size_bytes", JSON(size))
      row.member("date", .string(String(name.dropLast(HistoryFolder.suffix.count))))
      row.member("filename", .string(name))
      row.member("source", folder(0))
      row.member("subject", folder(1))
      row.member("kind", folder(2))
      row.member("granularity", folder(3))
    }
  }
}

import Competition
import Synchronization

@testable import Feeds

/// What a stream told, in its order.
final class HeardNews: Sendable {
  private let all = Mutex<[StreamNews]>([])

  func take(_ news: StreamNews) { all.withLock { $0.append(news) } }

  var news: [StreamNews] { all.withLock { $0 } }
  var records: [FeedRecord] { pages.flatMap(\.records) }
  var pages: [FeedPage] {
    news.compactMap { news in
      guard case .page(_, let page) = news else { return nil }
      return page
    }
  }
  /// Why messages were left out, and rows of those that were not.
  var rejected: [String] {
    pages.flatMap(\.rejected)
      + news.compactMap { news in
        guard case .rejected(let reason) = news else { return nil }
        return reason
      }
  }
  var remarks: [String] {
    news.compactMap { news in
      guard case .remark(let text) = news else { return nil }
      return text
    }
  }
}

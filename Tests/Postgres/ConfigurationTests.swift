import Postgres
import Testing

@Suite("Where PostgreSQL is")
struct ConfigurationTests {
  @Test("a URL gives host, port, user, password and database")
  func url() throws {
    let configuration = try #require(PostgresConfiguration(url: "postgres://node:p%40ss@db.example:6543/crunch"))
    #expect(configuration.host == "db.example")
    #expect(configuration.port == 6_543)
    #expect(configuration.user == "node")
    #expect(configuration.password == "p@ss")
    #expect(configuration.database == "crunch")
  }

  @Test("a URL may name the folder of a UNIX socket and the TLS mode")
  func socket() throws {
    let configuration = try #require(
      PostgresConfiguration(url: "postgresql:///crunch?host=/run/pg&port=5433&sslmode=disable"))
    #expect(configuration.host == "/run/pg")
    #expect(configuration.port == 5_433)
    #expect(configuration.user == "postgres")
    #expect(configuration.tlsMode == "disable")
  }

  @Test("an address of IPv6 loses its brackets")
  func ipv6() throws {
    #expect(try #require(PostgresConfiguration(url: "postgres://u@[::1]:5432/d")).host == "::1")
  }

  @Test(
    "what is no PostgreSQL URL is refused",
    arguments: [
      "", "crunch", "redis://h/d", "postgres://h", "postgres:///d", "postgres://h/d?port=x", "postgres://h:0/d",
    ])
  func refused(url: String) { #expect(PostgresConfiguration(url: url) == nil) }

  @Test("the description does not show the password")
  func masked() throws {
    let configuration = try #require(PostgresConfiguration(url: "postgres://node:geheim@h/d"))
    #expect("\(configuration)" == "postgres://node@h:5432/d")
  }
}

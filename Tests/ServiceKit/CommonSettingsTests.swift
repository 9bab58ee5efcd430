import Postgres
import Redis
import ServiceKit
import Testing

@Suite("The settings that all services share")
struct CommonSettingsTests {
  private func read(_ environment: [String: String]) -> (settings: CommonSettings, problems: [SettingProblem]) {
    var reader = SettingsReader(environment: environment)
    let settings = CommonSettings(&reader)
    return (settings, reader.problems)
  }

  @Test("without a variable the original's defaults hold")
  func defaults() {
    let (settings, problems) = read([:])
    #expect(problems.isEmpty)
    let database = settings.database
    #expect(database.host == "postgres" && database.port == 5432 && database.database == "starter")
    #expect(database.user == "starter" && database.password == "starter")
    #expect(settings.redis.address == .host("redis", port: 6379))
    #expect(settings.crunchID == "starter-challenge" && settings.keyPrefix == "")
    #expect(settings.logLevel == "info" && settings.logFormat == "auto" && settings.healthPort == 0)
  }

  @Test("the POSTGRES_ variables name a database")
  func parts() {
    let database = read([
      "POSTGRES_HOST": "db", "POSTGRES_PORT": "6000", "POSTGRES_USER": "u", "POSTGRES_PASSWORD": "p",
      "POSTGRES_DB": "d",
    ]).settings.database
    #expect(database.host == "db" && database.port == 6000 && database.database == "d")
    #expect(database.user == "u" && database.password == "p")
  }

  @Test("DATABASE_URL goes before the POSTGRES_ variables")
  func url() {
    let (settings, problems) = read([
      "DATABASE_URL": "postgres://me:secret@there:5433/mine", "POSTGRES_HOST": "db", "POSTGRES_USER": "u",
      "POSTGRES_PASSWORD": "p", "POSTGRES_DB": "d", "DATABASE_PREPARED_STATEMENTS": "false",
    ])
    #expect(problems.isEmpty)
    let database = settings.database
    #expect(database.host == "there" && database.port == 5433 && database.database == "mine")
    #expect(database.user == "me" && database.password == "secret")
    #expect(!database.usesPreparedStatements)
  }

  @Test("POSTGRES_SSLMODE and POSTGRES_SSLROOTCERT go before what the URL says of TLS, and a wrong mode is refused")
  func tls() {
    let url = "postgres://there/mine?sslmode=require&sslrootcert=/old.pem"
    let database = read([
      "DATABASE_URL": url, "POSTGRES_SSLMODE": "verify-full", "POSTGRES_SSLROOTCERT": "/new.pem",
    ]).settings.database
    #expect(database.tlsMode == "verify-full" && database.tlsRootCertificate == "/new.pem")
    let alone = read(["DATABASE_URL": url]).settings.database
    #expect(alone.tlsMode == "require" && alone.tlsRootCertificate == "/old.pem")
    #expect(read(["POSTGRES_SSLMODE": "full"]).problems.map(\.name) == ["POSTGRES_SSLMODE"])
  }

  @Test("a wrong URL is refused without telling what is in it")
  func wrongURL() {
    let problems = read([
      "DATABASE_URL": "mysql://me:hush@there/mine", "REDIS_URL": "http://me:hush@there",
    ]).problems
    #expect(problems.map(\.name) == ["DATABASE_URL", "REDIS_URL"])
    #expect(!SettingsError(problems: problems).description.contains("hush"))
  }

  @Test("REDIS_URL names a Redis with its user, password and database")
  func redis() {
    let redis = read(["REDIS_URL": "redis://me:secret@cache:7000/3"]).settings.redis
    #expect(redis.address == .host("cache", port: 7000))
    #expect(redis.username == "me" && redis.password == "secret" && redis.database == 3)
  }
}

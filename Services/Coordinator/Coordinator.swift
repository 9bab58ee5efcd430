import ArgumentParser
import ServiceKit

@main
struct Coordinator: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coordinator", abstract: "Runs and inspects a coordinator node.",
    discussion: """
      Settings are environment variables; `coordinator config show` lists them with their values. PostgreSQL is found by
      DATABASE_URL or the POSTGRES_ variables, Redis by REDIS_URL.
      """,
    version: BuildVersion.text,
    subcommands: [
      Up.self, Down.self, Database.self, InitDatabase.self, Status.self, Streams.self, Pause.self, Resume.self,
      DeadLetters.self, Explain.self, Top.self, Audit.self, Verify.self, Proof.self, Config.self, Contract.self,
      Callable.self, Backfill.self, Feed.self, HealthQuestion.self, Doctor.self, CheckModels.self, VerifyEndToEnd.self,
      Init.self, Import.self,
    ])
}

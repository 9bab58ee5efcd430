import ScoreWorker

await ScoreService.run()

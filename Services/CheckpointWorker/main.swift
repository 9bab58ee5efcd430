import CheckpointWorker

await CheckpointService.run()

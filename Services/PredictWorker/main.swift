import PredictWorker

await PredictService.run()

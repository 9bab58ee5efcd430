import ReportWorker

await ReportService.run()

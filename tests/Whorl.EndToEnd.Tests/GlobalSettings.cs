// Most tests here keep every core busy, with models in this process or in others: side by side they would only wait for one another.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

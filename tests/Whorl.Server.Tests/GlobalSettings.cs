// Some tests here look at memory that the whole process holds.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

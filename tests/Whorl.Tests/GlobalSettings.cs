// Models compute here, and some tests look at the memory of the whole process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

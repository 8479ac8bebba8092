namespace Whorl.Protocol.Tests.Memory;

/// <summary>Tests that measure the memory of the whole process run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MeasuredAlone
{
    public const string Name = "memory";
}

namespace Whorl.Kernels.Cpu.Tests;

/// <summary>
/// The kinds of lanes to compare with the scalar ones; those that the machine lacks run in the runtime's software form, with the same
/// meaning.
/// </summary>
internal static class EveryLanes
{
    public static TheoryData<string> Kinds => [nameof(InstructionSet.Vector512), nameof(InstructionSet.Vector256), nameof(InstructionSet.Vector128)];

    /// <summary>Those that the machine has.</summary>
    public static IEnumerable<InstructionSet> Fast => Enum.GetValues<InstructionSet>().Where(InstructionSets.IsSupported);

    public static InstructionSet Of(string kind) => Enum.Parse<InstructionSet>(kind);
}

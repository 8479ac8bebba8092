using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.Patterns;

/// <summary>One instruction. Min and Max are counts; Min is also a slot, a length to step back or an <see cref="AssertionKind"/>.</summary>
internal record struct Instruction
{
    public PatternOp Op;
    public CodePointSet? Set;
    public int Min;
    public int Max;

    /// <summary>Where to go on.</summary>
    public int Target;

    /// <summary>Where to go on when <see cref="Target"/> fails.</summary>
    public int Other;
}

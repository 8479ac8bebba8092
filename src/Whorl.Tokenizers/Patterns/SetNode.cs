using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.Patterns;

/// <summary>Matches one code point of a set.</summary>
internal sealed record SetNode(CodePointSet Set) : PatternNode;

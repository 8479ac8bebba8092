namespace Whorl.Tokenizers.Patterns;

/// <summary>A parsed regular expression.</summary>
internal abstract record PatternNode;

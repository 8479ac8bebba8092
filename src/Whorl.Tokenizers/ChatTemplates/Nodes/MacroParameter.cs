namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>A parameter of a macro.</summary>
/// <param name="Name">Its name.</param>
/// <param name="WhenAbsent">Its default; null where it has none and then is undefined.</param>
internal sealed record MacroParameter(string Name, Expression? WhenAbsent);

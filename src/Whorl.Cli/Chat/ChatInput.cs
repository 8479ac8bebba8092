namespace Whorl.Cli.Chat;

/// <summary>What came from the prompt.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">With <see cref="InputKind.Text"/>: the text.</param>
/// <param name="IsLiteral">Whether it was written between <c>"""</c>, and is never a command.</param>
/// <param name="IsCut">Whether it was longer than a message may be, and something of it is lost.</param>
internal readonly record struct ChatInput(InputKind Kind, string Text = "", bool IsLiteral = false, bool IsCut = false);

namespace Whorl.Cli.Chat.Editing;

/// <summary>One thing for the editor to do.</summary>
/// <param name="Command">What.</param>
/// <param name="Text">With <see cref="EditCommand.Insert"/>: the text.</param>
internal readonly record struct EditInput(EditCommand Command, string Text = "");

namespace Whorl.Cli.Chat.Editing;

/// <summary>A key.</summary>
/// <param name="Info">The key.</param>
/// <param name="MoreWaits">
/// Whether more keys were there at once, on a console that does not tell where pasted text begins and ends: then this one was not typed by hand.
/// </param>
internal readonly record struct KeyPress(ConsoleKeyInfo Info, bool MoreWaits = false);

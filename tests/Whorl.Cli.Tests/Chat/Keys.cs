using Whorl.Cli.Chat.Editing;

namespace Whorl.Cli.Tests.Chat;

/// <summary>Keys as a console gives them.</summary>
internal static class Keys
{
    public static KeyPress Of(ConsoleKey key, char character = '\0', bool alt = false, bool control = false) =>
        new(new ConsoleKeyInfo(character, key, shift: false, alt, control));

    /// <summary>Ctrl with a letter.</summary>
    public static KeyPress Control(char letter) => Of(ConsoleKey.A + (letter - 'A'), (char)(letter - 'A' + 1), control: true);

    /// <summary>Characters one by one, as typed or as a terminal's sequence; CR is Enter.</summary>
    public static IEnumerable<KeyPress> Text(string text) => text.Select(c => c switch
    {
        '\r' => Of(ConsoleKey.Enter, c),
        '\e' => Of(ConsoleKey.Escape, c),
        '\t' => Of(ConsoleKey.Tab, c),
        _ => Of(ConsoleKey.None, c),
    });
}

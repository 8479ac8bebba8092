using System.Text;

namespace Whorl.Tokenizers.Tests;

/// <summary>The inputs of hostile.json, made by the formulas it gives.</summary>
internal static class HostileInput
{
    public static string Make(string name) => name switch
    {
        "a" => Repeat("a", 1_000_000),
        "ab" => Repeat("ab", 500_000),
        "space" => Repeat(" ", 1_000_000),
        "newline" => Repeat("\n", 1_000_000),
        "crlf" => Repeat("\r\n", 500_000),
        "space-then-x" => Repeat(" ", 999_999) + "x",
        "a-space" => Repeat("a ", 500_000),
        "digit" => Repeat("1", 1_000_000),
        "digits" => Repeat("1234567890", 100_000),
        "bang" => Repeat("!", 1_000_000),
        "apostrophe" => Repeat("'", 1_000_000),
        "apostrophe-s" => Repeat("'s", 500_000),
        "cjk" => Of(350_000, i => 0x4E00 + (int)(7919L * i % 20902)),
        "base64" => Base64(),
        "random-bmp" => RandomBmp(),
        "combining" => "a" + Repeat("\u0301", 300_000),
        "nfd-pairs" => Repeat("e\u0301", 200_000),
        "emoji" => Repeat("\U0001F469\U0001F3FD\u200D\U0001F4BB", 60_000),
        "hangul-jamo" => Repeat("\u1100\u1161\u11A8", 100_000),
        "special" => Repeat("<s><|endoftext|></s>", 40_000),
        "half-special" => Repeat("<|endoftex", 80_000),
        "nul" => Repeat("\0", 500_000),
        "replacement" => Repeat("\uFFFD", 300_000),
        "meta" => Repeat("\u2581", 300_000),
        _ => throw new ArgumentException($"no formula for '{name}'"),
    };

    private static string Repeat(string text, int count) => new StringBuilder().Insert(0, text, count).ToString();

    private static string Of(int count, Func<int, int> codePoint) =>
        string.Create(count, codePoint, (chars, make) =>
        {
            for (int i = 0; i < chars.Length; i++)
            {
                chars[i] = (char)make(i);
            }
        });

    private static string Base64()
    {
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        Func<int> next = Generator(64);
        return Of(1_000_000, _ => Alphabet[next()]);
    }

    private static string RandomBmp()
    {
        Func<int> next = Generator(32768);
        return Of(300_000, _ => 0x20 + next());
    }

    private static Func<int> Generator(int modulus)
    {
        long state = 12345;
        return () =>
        {
            state = (1103515245 * state + 12345) % (1L << 31);
            return (int)((state >> 16) % modulus);
        };
    }
}

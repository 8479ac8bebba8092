using System.Text;

namespace Whorl.Server.Petals;

/// <summary>What a Python client is told when its request fails: Petals' own kinds and words, since its users search for them.</summary>
/// <param name="kind">The Python exception: <c>ValueError</c>, <c>RuntimeError</c>, <c>KeyError</c>, …</param>
/// <param name="text">Its argument.</param>
/// <remarks>hivemind sends <c>repr(exception)</c> in answers to unary calls and <c>str(exception)</c> on streams.</remarks>
internal sealed class PetalsException(string kind, string text) : Exception(text)
{
    /// <summary>The Python exception's name.</summary>
    public string Kind { get; } = kind;

    /// <summary>As a stream carries it: the text, which for a KeyError is the key's own quoted form.</summary>
    public string OnStream => Kind == "KeyError" ? Quote(Message) : Message;

    /// <summary>As a unary answer carries it.</summary>
    public string InUnary => Message.Length == 0 ? $"{Kind}()" : $"{Kind}({Quote(Message)})";

    /// <summary>Nobody has these blocks here.</summary>
    public static PetalsException NotServed(string uid) => new("RuntimeError", $"Remote peer does not serve {uid}");

    /// <summary>A dimension is not what it must be.</summary>
    public static PetalsException SizeMismatch(int expected, int got, int dimension) => new(
        "RuntimeError", $"The size of tensor a ({expected}) must match the size of tensor b ({got}) at non-singleton dimension {dimension}");

    /// <summary>Too few tensors in a request.</summary>
    public static PetalsException TooFewTensors(int expected, int got) =>
        new("ValueError", $"not enough values to unpack (expected at least {expected}, got {got})");

    /// <summary>A string as Python's repr writes it.</summary>
    private static string Quote(string text)
    {
        char quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        StringBuilder quoted = new(text.Length + 2);
        quoted.Append(quote);
        foreach (char c in text)
        {
            quoted.Append(c switch
            {
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                _ when c == quote => "\\" + c,
                _ => c.ToString(),
            });
        }

        return quoted.Append(quote).ToString();
    }
}

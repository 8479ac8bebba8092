using System.Numerics;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>A token of a template.</summary>
/// <param name="Line">The line it starts on, from 1.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The text of data; a name; an operator's sign; the value of a string.</param>
/// <param name="Integer">The value of a whole number.</param>
/// <param name="Float">The value of any other number.</param>
internal readonly record struct Token(int Line, TokenKind Kind, string Text, BigInteger Integer = default, double Float = 0)
{
    public bool IsName(string name) => Kind == TokenKind.Name && Text == name;

    public bool IsOperator(string sign) => Kind == TokenKind.Operator && Text == sign;

    /// <summary>The token as an error message names it.</summary>
    public string Describe() => Kind switch
    {
        TokenKind.Data => "template data / text",
        TokenKind.BlockBegin => "begin of statement block",
        TokenKind.BlockEnd => "end of statement block",
        TokenKind.VariableBegin => "begin of print statement",
        TokenKind.VariableEnd => "end of print statement",
        TokenKind.String => "string",
        TokenKind.Integer => "integer",
        TokenKind.Float => "float",
        TokenKind.End => "end of template",
        _ => Text,
    };
}

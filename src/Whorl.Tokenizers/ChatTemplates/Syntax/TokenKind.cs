namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The kinds of tokens.</summary>
internal enum TokenKind
{
    Data,
    BlockBegin,
    BlockEnd,
    VariableBegin,
    VariableEnd,
    Name,
    String,
    Integer,
    Float,
    Operator,
    End,
}

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>A chat template is malformed, refuses the conversation, or failed while rendering it.</summary>
/// <remarks>The message of an error raised by the template itself (<see cref="ChatTemplateErrorKind.Raised"/>) is kept exactly.</remarks>
public sealed class ChatTemplateException : Exception
{
    /// <summary>An error with its cause told apart.</summary>
    public ChatTemplateException(ChatTemplateErrorKind kind, string message, int line = 0)
        : base(message)
    {
        Kind = kind;
        Line = line;
    }

    /// <summary>What sort of failure it was.</summary>
    public ChatTemplateErrorKind Kind { get; }

    /// <summary>The line of the template, from 1; 0 where no line is to blame.</summary>
    public int Line { get; internal set; }

    internal static ChatTemplateException Syntax(string message, int line) => new(ChatTemplateErrorKind.Syntax, message, line);

    internal static ChatTemplateException Undefined(string message) => new(ChatTemplateErrorKind.Undefined, message);

    internal static ChatTemplateException Type(string message) => new(ChatTemplateErrorKind.Type, message);

    internal static ChatTemplateException Value(string message) => new(ChatTemplateErrorKind.Value, message);

    internal static ChatTemplateException Security(string message) => new(ChatTemplateErrorKind.Security, message);

    internal static ChatTemplateException Runtime(string message) => new(ChatTemplateErrorKind.Runtime, message);

    internal static ChatTemplateException Limit(string message) => new(ChatTemplateErrorKind.Limit, message);

    internal static ChatTemplateException Continuation(string message) => new(ChatTemplateErrorKind.Continuation, message);
}

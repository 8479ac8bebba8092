namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Why a chat template could not be parsed or rendered.</summary>
public enum ChatTemplateErrorKind
{
    /// <summary>The source is not a valid template; nothing was rendered.</summary>
    Syntax,

    /// <summary>The template itself refused the conversation with <c>raise_exception</c>: the message is its author's.</summary>
    Raised,

    /// <summary>A value that is not defined was used where one is needed.</summary>
    Undefined,

    /// <summary>An operation does not fit the types of its values, or a function was given wrong arguments.</summary>
    Type,

    /// <summary>A value of the right type is out of an operation's range (division by zero, a bad number, a missing key).</summary>
    Value,

    /// <summary>The template tried to change a list or dictionary it was given, or to reach something the sandbox hides.</summary>
    Security,

    /// <summary>The template asked for something that does not exist here: a filter, a test, another template to include.</summary>
    Runtime,

    /// <summary>The template exceeded one of <see cref="ChatTemplateLimits"/>, or nests too deeply.</summary>
    Limit,

    /// <summary>The final message to be continued is not found in the rendered text, or cannot be continued.</summary>
    Continuation,
}

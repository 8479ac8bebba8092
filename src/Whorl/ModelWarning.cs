namespace Whorl;

/// <summary>Something that is no error, but that whoever uses a model should know.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Text">What it is, in one line.</param>
public readonly record struct ModelWarning(ModelWarningKind Kind, string Text);

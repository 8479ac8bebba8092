namespace Whorl.Generation;

/// <summary>A model computed logits that no token can be chosen from: infinite ones, or such as are no numbers.</summary>
/// <param name="message">Which logit, and what it is.</param>
public sealed class ModelOutputException(string message) : InvalidOperationException(message);

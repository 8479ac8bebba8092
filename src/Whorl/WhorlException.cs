namespace Whorl;

/// <summary>What was asked for cannot be. The message says in one line what, where, and what to do.</summary>
/// <param name="message">The line.</param>
public class WhorlException(string message) : Exception(message);

namespace Whorl.Client;

/// <summary>No chain of servers computes the whole model.</summary>
/// <param name="reason">What is missing.</param>
public sealed class NoRouteException(string reason) : Exception(reason);

namespace Whorl.Dht;

/// <summary>
/// A node could not join: no initial peer answered, they cannot reach this node, or the clocks differ. The message says which.
/// </summary>
public sealed class DhtBootstrapException : IOException
{
    /// <summary>An error without text.</summary>
    public DhtBootstrapException()
    {
    }

    /// <param name="message">What failed, and what to do.</param>
    public DhtBootstrapException(string message)
        : base(message)
    {
    }

    /// <param name="message">What failed, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public DhtBootstrapException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

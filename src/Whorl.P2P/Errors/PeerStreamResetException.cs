namespace Whorl.P2P;

/// <summary>One stream was aborted, by this side or the other, while its connection lives on.</summary>
public sealed class PeerStreamResetException : IOException
{
    /// <summary>An error without text; prefer the constructor that says who aborted which stream.</summary>
    public PeerStreamResetException()
    {
    }

    /// <param name="message">Who aborted which stream.</param>
    public PeerStreamResetException(string message)
        : base(message)
    {
    }

    /// <param name="message">Who aborted which stream.</param>
    /// <param name="innerException">What caused it.</param>
    public PeerStreamResetException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

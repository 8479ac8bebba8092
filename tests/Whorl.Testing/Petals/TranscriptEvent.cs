namespace Whorl.Testing.Petals;

/// <summary>One thing that the caller of a recorded call saw.</summary>
/// <param name="Kind">open, request, response, end_of_requests, eof or error.</param>
/// <param name="Message">The serialized protobuf of a request or response; null for other kinds and for messages that were left
/// out.</param>
/// <param name="Length">The message's length, also where it was left out; 0 for other kinds.</param>
/// <param name="Text">An error's text as the Python caller got it; null for other kinds.</param>
/// <param name="Milliseconds">The time since the call began.</param>
public sealed record TranscriptEvent(string Kind, byte[]? Message, int Length, string? Text, double Milliseconds)
{
    /// <summary>Whether it is a request whose bytes are there.</summary>
    public bool IsRequest => Kind == "request" && Message is not null;

    /// <summary>Whether it is a response whose bytes are there.</summary>
    public bool IsResponse => Kind == "response" && Message is not null;
}

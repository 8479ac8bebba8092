using System.Text;

namespace Whorl.Protocol.Rpc;

/// <summary>Error texts as they travel: what may leave this process, and in how many bytes.</summary>
internal static class RpcText
{
    /// <summary>
    /// What a peer is told of an exception: its own words where it was meant for the peer or is about the peer's bytes, else only its kind.
    /// </summary>
    public static string Of(Exception exception) => exception switch
    {
        RpcErrorException error => error.Message,
        FormatException or ArgumentException or NotSupportedException or TimeoutException =>
            $"{exception.GetType().Name}: {exception.Message}",
        _ => $"{exception.GetType().Name} in the handler",
    };

    /// <summary>The text in UTF-8, cut to <see cref="RpcLimits.MaxErrorBytes"/> at a character.</summary>
    public static byte[] Encode(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length <= RpcLimits.MaxErrorBytes)
        {
            return bytes;
        }

        int end = RpcLimits.MaxErrorBytes;
        while ((bytes[end] & 0xC0) == 0x80)
        {
            end--;
        }

        return bytes[..end];
    }
}

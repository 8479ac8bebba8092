using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Whorl.Formats;

/// <summary>The checksum that a file's ETag promises, computed as its bytes arrive.</summary>
internal sealed class ContentHash : IDisposable
{
    private const int Sha1Digits = 40;
    private const int Sha256Digits = 64;
    private readonly string _expected;
    private readonly IncrementalHash? _hash;
    private readonly long _size;

    /// <summary>
    /// The checksum of a content of that size: sha256, or git's sha1 of <c>blob size\0</c> and content; none for other ETags.
    /// </summary>
    public ContentHash(string etag, long size)
    {
        _expected = etag;
        bool isHex = etag.All(char.IsAsciiHexDigit);
        _hash = !isHex ? null : etag.Length switch
        {
            Sha256Digits => IncrementalHash.CreateHash(HashAlgorithmName.SHA256),
            Sha1Digits => IncrementalHash.CreateHash(HashAlgorithmName.SHA1),
            _ => null,
        };
        _size = size;
        AppendPrefix();
    }

    /// <summary>Forgets the bytes appended so far.</summary>
    public void Restart()
    {
        _hash?.GetHashAndReset();
        AppendPrefix();
    }

    public void Append(ReadOnlySpan<byte> bytes) => _hash?.AppendData(bytes);

    /// <summary>Whether the bytes appended so far are the promised content.</summary>
    public bool Matches() =>
        _hash is null || Convert.ToHexString(_hash.GetHashAndReset()).Equals(_expected, StringComparison.OrdinalIgnoreCase);

    public void Dispose() => _hash?.Dispose();

    private void AppendPrefix()
    {
        if (_expected.Length == Sha1Digits)
        {
            _hash?.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {_size}\0")));
        }
    }
}

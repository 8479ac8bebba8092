using System.Buffers.Binary;
using System.Security.Cryptography;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;

namespace Whorl.P2P.Security.Noise;

/// <summary>ChaCha20-Poly1305 with Noise's counting nonce: one instance per key and direction, not for two threads at once.</summary>
internal sealed class ChaChaPoly : IDisposable
{
    public const int TagBytes = 16;

    private const int NonceBytes = 12;

    private readonly byte[] _key;
    private readonly ChaCha20Poly1305? _native;
    private ulong _counter;

    /// <param name="key">32 bytes.</param>
    /// <param name="preferNative">False takes BouncyCastle's code even where the platform has its own.</param>
    public ChaChaPoly(ReadOnlySpan<byte> key, bool preferNative = true)
    {
        _key = key.ToArray();
        _native = preferNative && ChaCha20Poly1305.IsSupported ? new ChaCha20Poly1305(key) : null;
    }

    /// <summary>Encrypts into <paramref name="destination"/>, which is <see cref="TagBytes"/> longer; the two may overlap only if they start together.</summary>
    public void Encrypt(ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> associated, Span<byte> destination)
    {
        Span<byte> nonce = stackalloc byte[NonceBytes];
        NextNonce(nonce);
        if (_native is not null)
        {
            _native.Encrypt(nonce, plaintext, destination[..plaintext.Length], destination.Slice(plaintext.Length, TagBytes), associated);
        }
        else
        {
            Process(true, nonce, plaintext, associated, destination);
        }
    }

    /// <summary>Decrypts into <paramref name="destination"/>, which is <see cref="TagBytes"/> shorter; the two may overlap only if they start together.</summary>
    /// <returns>False where the bytes were not encrypted with this key, nonce and associated data.</returns>
    public bool TryDecrypt(ReadOnlySpan<byte> ciphertext, ReadOnlySpan<byte> associated, Span<byte> destination)
    {
        if (ciphertext.Length < TagBytes)
        {
            return false;
        }

        Span<byte> nonce = stackalloc byte[NonceBytes];
        NextNonce(nonce);
        int length = ciphertext.Length - TagBytes;
        try
        {
            if (_native is not null)
            {
                _native.Decrypt(nonce, ciphertext[..length], ciphertext[length..], destination[..length], associated);
            }
            else
            {
                Process(false, nonce, ciphertext, associated, destination);
            }

            return true;
        }
        catch (Exception e) when (e is AuthenticationTagMismatchException or InvalidCipherTextException)
        {
            return false;
        }
    }

    public void Dispose() => _native?.Dispose();

    private void NextNonce(Span<byte> nonce)
    {
        if (_counter == ulong.MaxValue)
        {
            throw new ProtocolViolationException("noise: the nonces of a key are used up");
        }

        nonce[..4].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(nonce[4..], _counter++);
    }

    private void Process(bool encrypt, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> input, ReadOnlySpan<byte> associated, Span<byte> destination)
    {
        Org.BouncyCastle.Crypto.Modes.ChaCha20Poly1305 cipher = new();
        cipher.Init(encrypt, new AeadParameters(new KeyParameter(_key), TagBytes * 8, nonce.ToArray(), associated.ToArray()));
        byte[] output = new byte[cipher.GetOutputSize(input.Length)];
        int written = cipher.ProcessBytes(input.ToArray(), 0, input.Length, output, 0);
        written += cipher.DoFinal(output, written);
        output.AsSpan(0, written).CopyTo(destination);
    }
}

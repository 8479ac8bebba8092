using System.Globalization;
using System.Text;
using Whorl.Cli.Output;

namespace Whorl.Cli.Engine;

/// <summary>Text that comes from standard input or from a file: UTF-8, with or without a byte order mark, which is taken off.</summary>
internal sealed class InputText
{
    private const int MaxBytes = 256 << 20;
    private const string Name = "standard input";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<byte[]> _all = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private InputText()
    {
    }

    /// <summary>Begins to read standard input, on a thread of its own: such reads block, and cannot be cancelled.</summary>
    public static InputText Begin()
    {
        InputText input = new();
        if (StandardHandles.IsClosed(0))
        {
            input._all.SetResult([]);
            input._begun.SetResult();
            return input;
        }

        new Thread(input.Read) { IsBackground = true, Name = Name }.Start();
        return input;
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="CliException">There is none, it cannot be read, or is no text.</exception>
    public static async Task<string> ReadFileAsync(string path, CancellationToken cancellationToken)
    {
        if (Directory.Exists(path))
        {
            throw new CliException($"{path} is a folder; give a text file");
        }

        try
        {
            if (!File.Exists(path))
            {
                throw new CliException($"there is no file '{path}'; give the path of a text file");
            }

            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using MemoryStream bytes = new();
            byte[] buffer = new byte[1 << 16];
            for (int read; (read = await file.ReadAsync(buffer, cancellationToken)) > 0;)
            {
                Add(bytes, buffer.AsSpan(0, read), path);
            }

            return Decode(bytes.ToArray(), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"the file '{path}' cannot be read: {e.Message}");
        }
    }

    /// <summary>Whether something has come, or the end; waits so long for it.</summary>
    public async Task<bool> HasBegunAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            await _begun.Task.WaitAsync(patience, TimeProvider.System, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>All of it; empty where standard input is closed.</summary>
    /// <exception cref="CliException">It is no text.</exception>
    public async Task<string> ReadAsync(CancellationToken cancellationToken) => Decode(await _all.Task.WaitAsync(cancellationToken), Name);

    /// <summary>Reads text in UTF-8.</summary>
    /// <param name="bytes">The text.</param>
    /// <param name="name">Where it comes from, for people.</param>
    /// <exception cref="CliException">It is something else; the message says where.</exception>
    internal static string Decode(ReadOnlySpan<byte> bytes, string name)
    {
        if (bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
        {
            throw new CliException($"{name} is UTF-16, not UTF-8; convert it first");
        }

        try
        {
            return Strict.GetString(bytes is [0xEF, 0xBB, 0xBF, ..] ? bytes[3..] : bytes);
        }
        catch (DecoderFallbackException)
        {
            int at = FirstInvalid(bytes);
            throw new CliException(string.Create(
                CultureInfo.InvariantCulture, $"{name} is not UTF-8: there is a byte 0x{bytes[at]:X2} at offset {at}; convert it first, or give another file"));
        }
    }

    private static int FirstInvalid(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        while (at < bytes.Length && Rune.DecodeFromUtf8(bytes[at..], out _, out int length) == System.Buffers.OperationStatus.Done)
        {
            at += length;
        }

        return Math.Min(at, bytes.Length - 1);
    }

    private static void Add(MemoryStream bytes, ReadOnlySpan<byte> more, string name)
    {
        if (bytes.Length + more.Length > MaxBytes)
        {
            throw new CliException($"{name} has more than {MaxBytes >> 20} MiB; give less text");
        }

        bytes.Write(more);
    }

    private void Read()
    {
        try
        {
            using Stream input = Console.OpenStandardInput();
            using MemoryStream bytes = new();
            byte[] buffer = new byte[1 << 16];
            for (int read; (read = input.Read(buffer)) > 0;)
            {
                Add(bytes, buffer.AsSpan(0, read), Name);
                _begun.TrySetResult();
            }

            _all.SetResult(bytes.ToArray());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _all.SetResult([]); // it is closed, or a folder: nothing is to be had from it
        }
        catch (Exception e)
        {
            _all.SetException(e);
        }
        finally
        {
            _begun.TrySetResult();
        }
    }
}

using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Whorl.Cli.Chat.Editing;

/// <summary>What was sent before, newest last: one JSON string a line of a file that only its owner can read.</summary>
internal sealed class InputHistory
{
    /// <summary>The most messages that are kept.</summary>
    public const int MaxEntries = 1000;

    private const int MaxEntryLength = 1 << 14; // a longer one was pasted, and lies where it came from
    private const int MaxFileBytes = 1 << 20;

    private static readonly JsonSerializerOptions Readable = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = JsonTypeInfoResolver.Combine(),
    };

    private readonly string? _file;
    private readonly List<string> _entries = [];

    private InputHistory(string? file) => _file = file;

    /// <summary>The messages.</summary>
    public IReadOnlyList<string> Entries => _entries;

    /// <summary>Why messages are not kept for the next time; null where they are.</summary>
    public string? Failure { get; private set; }

    /// <summary>
    /// The file of this user: WHORL_HISTORY, or <c>whorl/chat-history</c> in XDG_STATE_HOME or where the system keeps what programs remember; null
    /// where WHORL_HISTORY is empty, so that nothing is kept.
    /// </summary>
    public static string? FileOfUser()
    {
        if (Environment.GetEnvironmentVariable("WHORL_HISTORY") is { } named)
        {
            return named.Length > 0 ? named : null;
        }

        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string state = Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } folder ? folder
            : OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
            : Path.Combine(home, ".local", "state");
        return Path.Combine(state, "whorl", "chat-history");
    }

    /// <summary>Reads what is there; a file that cannot be read is as none.</summary>
    /// <param name="file">The file; null to keep nothing.</param>
    public static InputHistory Load(string? file)
    {
        InputHistory history = new(file);
        try
        {
            if (file is not null && File.Exists(file))
            {
                history.Read(file);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            history.Failure = e.Message;
        }

        return history;
    }

    /// <summary>Adds a message, unless it is the last one again.</summary>
    public void Add(string text)
    {
        if (text.Length is 0 or > MaxEntryLength || (_entries.Count > 0 && _entries[^1] == text))
        {
            return;
        }

        Remember(text);
        if (_file is null || Failure is not null)
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(_file))!);
            using FileStream stream = Open(_file, FileMode.Append);
            stream.Write(Encoding.UTF8.GetBytes(Line(text)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Failure = e.Message;
        }
    }

    private static string Line(string text) => JsonValue.Create(text).ToJsonString(Readable) + "\n";

    private static FileStream Open(string file, FileMode mode)
    {
        FileStreamOptions options = new() { Mode = mode, Access = FileAccess.Write, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(file, options);
    }

    /// <summary>Reads the end of the file, and writes it anew where it has grown beyond what is kept.</summary>
    private void Read(string file)
    {
        using (FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite))
        {
            bool isCut = stream.Length > MaxFileBytes;
            stream.Seek(isCut ? -MaxFileBytes : 0, isCut ? SeekOrigin.End : SeekOrigin.Begin);
            byte[] bytes = new byte[Math.Min(stream.Length, MaxFileBytes)];
            int length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            string[] lines = Encoding.UTF8.GetString(bytes, 0, length).Split('\n');
            foreach (string line in lines.Skip(isCut ? 1 : 0))
            {
                if (Parse(line) is { Length: > 0 and <= MaxEntryLength } text)
                {
                    Remember(text);
                }
            }

            if (!isCut && lines.Length <= 2 * MaxEntries)
            {
                return;
            }
        }

        string shorter = file + ".new";
        using (FileStream stream = Open(shorter, FileMode.Create))
        {
            stream.Write(Encoding.UTF8.GetBytes(string.Concat(_entries.Select(Line))));
        }

        File.Move(shorter, file, overwrite: true);
    }

    private static string? Parse(string line)
    {
        try
        {
            return JsonNode.Parse(line.Length > 0 ? line : "null") is JsonValue value && value.TryGetValue(out string? text) ? text : null;
        }
        catch (JsonException)
        {
            return null; // a line that was cut, or is no message
        }
    }

    private void Remember(string text)
    {
        _entries.Add(text);
        if (_entries.Count > MaxEntries)
        {
            _entries.RemoveAt(0);
        }
    }
}

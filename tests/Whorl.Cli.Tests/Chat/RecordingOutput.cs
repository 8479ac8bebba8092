using System.Text;
using Whorl.Cli.Chat;

namespace Whorl.Cli.Tests.Chat;

/// <summary>What a chat has shown.</summary>
internal sealed class RecordingOutput : IChatOutput
{
    private readonly StringBuilder _answers = new();

    public List<string> Notes { get; } = [];

    public List<string> Printed { get; } = [];

    /// <summary>Called after every piece of an answer.</summary>
    public Action OnAnswer { get; set; } = () => { };

    public string Answers => _answers.ToString();

    /// <summary>What was answered since the last call.</summary>
    public string TakeAnswer()
    {
        string answer = Answers;
        _answers.Clear();
        return answer;
    }

    public void Answer(string piece)
    {
        _answers.Append(piece);
        OnAnswer();
    }

    public void EndAnswer()
    {
        // the pieces alone are compared
    }

    public void Note(string line) => Notes.Add(line);

    public void Status(string line) => Notes.Add(line);

    public void Print(string text) => Printed.Add(text);
}

namespace QmpRedirector.Testing;

/// <summary>Thrown by a handler of <see cref="FakeVm"/> to answer with a QMP error.</summary>
public sealed class FakeQmpException(string description, string errorClass = "GenericError") : Exception(description)
{
    public string ErrorClass => errorClass;
}
